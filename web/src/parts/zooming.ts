// Fingers, wheel and double taps that zoom a picture and move it.  The geometry is in rules/zoom.
import { isWhole, moved, pinched, type Point, type View, WHOLE, zoomed } from '../rules/zoom.ts';

const DOUBLE = 2.5;
const TAP_MS = 300;
const TAP_PIXELS = 12;

/** Lets the element be zoomed; `get` and `set` hold the view. */
export function zooming(get: () => View, set: (view: View) => void): (element: HTMLElement) => () => void {
  return (element) => {
    const fingers = new Map<number, Point>();
    let tap: { at: number; where: Point } | null = null;

    const pointOf = (event: MouseEvent): Point => {
      const box = element.getBoundingClientRect();
      return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
    };
    const down = (event: PointerEvent) => {
      if (event.button !== 0 || isOnButton(event)) return;
      fingers.set(event.pointerId, pointOf(event));
      if (fingers.size > 1 || !isWhole(get())) element.setPointerCapture(event.pointerId);
    };
    const move = (event: PointerEvent) => {
      const from = fingers.get(event.pointerId);
      if (from === undefined) return;
      if (event.buttons === 0) {
        fingers.delete(event.pointerId); // let go where nobody was told
        return;
      }
      const to = pointOf(event);
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      fingers.set(event.pointerId, to);
      if (other !== undefined) set(pinched(get(), [from, other], [to, other]));
      else if (!isWhole(get())) set(moved(get(), { x: to.x - from.x, y: to.y - from.y }));
    };
    const up = (event: PointerEvent) => {
      if (!fingers.delete(event.pointerId) || event.type !== 'pointerup' || fingers.size > 0) return;
      const where = { x: event.clientX, y: event.clientY };
      const isSecond =
        tap !== null &&
        event.timeStamp - tap.at < TAP_MS &&
        Math.hypot(where.x - tap.where.x, where.y - tap.where.y) < TAP_PIXELS;
      tap = isSecond ? null : { at: event.timeStamp, where };
      if (isSecond) set(isWhole(get()) ? zoomed(get(), DOUBLE, pointOf(event)) : WHOLE);
    };
    const wheel = (event: WheelEvent) => {
      // The page scrolls on with a wheel that only passes over the whole picture.
      const isMeant = event.ctrlKey || !isWhole(get()) || document.fullscreenElement !== null;
      if (!isMeant) return;
      event.preventDefault();
      set(zoomed(get(), Math.exp(-event.deltaY / 300), pointOf(event)));
    };
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', up);
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', up);
      element.removeEventListener('wheel', wheel);
    };
  };
}

function isOnButton(event: Event): boolean {
  return event.target instanceof Element && event.target.closest('button') !== null;
}
