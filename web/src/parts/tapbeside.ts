/**
 * For `{@attach}` on a dialog: a tap beside it closes it.  One that only ended there does not, as when text is marked
 * in a field and the finger leaves it, or when what was pressed has moved away meanwhile.
 */
export function closedByTapBeside(dialog: HTMLDialogElement): () => void {
  let began = false;
  const down = (event: PointerEvent): void => {
    began = event.target === dialog;
  };
  const tapped = (event: MouseEvent): void => {
    if (began && event.target === dialog) dialog.close();
  };
  dialog.addEventListener('pointerdown', down);
  dialog.addEventListener('click', tapped);
  return () => {
    dialog.removeEventListener('pointerdown', down);
    dialog.removeEventListener('click', tapped);
  };
}
