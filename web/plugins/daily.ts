// Which parts of the app a person needs from day to day: all that Live leads to, but for what is used now and then.

/** Sources whose chunks, and what only those need, are loaded when asked for and not kept beforehand. */
const NOW_AND_THEN =
  /src\/(?:pages\/(?:settings\/|(?:Setup|Pair|Reset|Welcome|Settings|Status)\.svelte)|words\/de\/)/;

export interface Piece {
  /** Its source, where it is loaded by itself; null for what several share. */
  source: string | null;
  imports: string[];
  dynamicImports: string[];
}

/** The names of the pieces that `entry` needs, itself included; with `also` those that it may ask for later, too. */
export function reachable(
  entry: string,
  pieceOf: (name: string) => Piece | undefined,
  also = true,
): string[] {
  const found = [entry];
  for (const name of found) {
    const piece = pieceOf(name);
    const next = [...(piece?.imports ?? []), ...(also ? (piece?.dynamicImports ?? []) : [])];
    for (const one of next) if (!found.includes(one) && isDaily(pieceOf(one))) found.push(one);
  }
  return found;
}

function isDaily(piece: Piece | undefined): boolean {
  return piece !== undefined && !NOW_AND_THEN.test(piece.source?.replaceAll('\\', '/') ?? '');
}
