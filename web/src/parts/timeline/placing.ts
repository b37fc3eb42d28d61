// Measures of the track that is drawn and pointed at, and the placing of what lies on it.

/** Pixels at its upper end that belong to alerts. */
export const MARKS_HIGH = 28;
/** Alerts that are nearer to each other, in pixels, are drawn as one. */
export const MARKS_APART = 24;

/** For `{@attach}`: so many pixels from the left, by script, for the page's policy forbids style attributes. */
export const fromLeft = (x: number) => (element: HTMLElement) => {
  element.style.left = `${x}px`;
};
