// Places an element by script: the policy of the page forbids style attributes.

/** For `{@attach}`: so many pixels from the left. */
export const fromLeft = (x: number) => (element: HTMLElement) => {
  element.style.left = `${x}px`;
};
