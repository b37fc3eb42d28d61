import { expect, test } from 'vitest';
import { after, arrived, type Course, setOut, type Trouble, type Way } from '../src/rules/ways.ts';

const BROKE: Trouble = { kind: 'broke', why: 'cut' };
const NEVER: Trouble = { kind: 'impossible', why: 'no HEVC' };
const AWAY: Trouble = { kind: 'unreachable' };
const through = (course: Course, troubles: Trouble[]) => troubles.reduce(after, course);

test('each way that breaks hands on to the next at once, the last begins again', () => {
  const ways: Way[] = [];
  let course = setOut(false);
  for (let step = 0; step < 5; step += 1) {
    ways.push(course.way);
    expect(course.pause).toBe(0);
    course = after(course, BROKE);
  }
  expect(ways).toEqual(['mse', 'webrtc', 'hls', 'mjpeg', 'snapshot']);
  expect(course).toMatchObject({ way: 'mse', left: [], tries: 1, pause: 1 });
});

test('least delay means WebRTC first', () => {
  const course = setOut(true);
  expect(course.way).toBe('webrtc');
  expect(after(course, BROKE).way).toBe('mse');
  const round = through(course, [BROKE, BROKE, BROKE, BROKE, BROKE]);
  expect(round.way).toBe('webrtc');
});

test('what was given up is known with its reason, best first', () => {
  expect(through(setOut(false), [NEVER, BROKE]).left).toEqual([
    { way: 'mse', why: 'no HEVC' },
    { way: 'webrtc', why: 'cut' },
  ]);
});

test('a server that does not answer is no reason for another way', () => {
  const course = through(setOut(false), [AWAY, AWAY, AWAY]);
  expect(course).toMatchObject({ way: 'mse', left: [], tries: 3, pause: 3 });
});

test('a way that has worked is tried three times before it is given up', () => {
  let course = after(arrived(setOut(false)), BROKE);
  expect(course).toMatchObject({ way: 'mse', tries: 1, pause: 1 });
  course = after(course, BROKE);
  expect(course).toMatchObject({ way: 'mse', tries: 2, pause: 2 });
  expect(after(course, BROKE)).toMatchObject({ way: 'webrtc', pause: 0 });
});

test('a way that has become impossible is given up even if it has worked', () => {
  expect(after(arrived(setOut(false)), NEVER)).toMatchObject({ way: 'webrtc', pause: 0 });
});

test('a picture ends the count of failed tries', () => {
  expect(arrived(through(setOut(false), [AWAY, AWAY]))).toMatchObject({ tries: 0, failures: 0, shown: true });
});
