// One notification at a time is shown or asked for: Chromium loses one that it is about to show when it is asked at that
// moment which ones stand there, and then a tap on it leads nowhere.  Two alerts often come at once.

/** What is held up for longer is not waited for: the next visitor matters more. */
const PATIENCE_MS = 2_000;

let last: Promise<unknown> = Promise.resolve();

/** Does it once what was begun before is done. */
export function inTurn<Done>(act: () => Promise<Done>): Promise<Done> {
  const mine = Promise.race([last, patience()]).then(act);
  last = mine.catch(() => undefined);
  return mine;
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
}
