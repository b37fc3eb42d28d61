// Copies a text that stands in a field of the page.

/** Plain HTTP has no clipboard: there the text is selected, and the older way is tried.  False where neither works. */
export async function copied(
  text: string,
  field: HTMLInputElement | HTMLTextAreaElement | null,
): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field?.focus();
    field?.select();
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only one on plain HTTP
    return document.execCommand('copy');
  }
}
