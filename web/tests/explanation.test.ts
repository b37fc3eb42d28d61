import { expect, test } from 'vitest';
import type { Explanation, Look, Where } from '../src/api/shapes.ts';
import { chartOf, MARGIN, percent, placesOf, surest } from '../src/rules/explanation.ts';
import { whyWords } from '../src/words/why.ts';

function look(second: number, score: number, where: Where = 'local'): Look {
  const at = new Date(2026, 10, 21, 14, 2, second).toISOString();
  return {
    at,
    score,
    where,
    boxes: score > 0 ? [{ label: 'person', box: [0.1, 0.2, 0.3, 0.9], score }] : [],
    crops: [],
  };
}

function why(looks: Look[], change: Partial<Explanation> = {}): Explanation {
  return {
    model: 'yolox-nano',
    model_sha256: null,
    input: '416x416',
    thresholds: { open: 0.5, keep: 0.35 },
    opened_by: 'person',
    motion: null,
    zone: '',
    direction: null,
    still_box: null,
    looks,
    feedback: null,
    ...change,
  };
}

test('the surest look is the first of the best', () => {
  const looks = [look(1, 0.4), look(2, 0.9), look(3, 0.9)];
  expect(surest(looks)).toBe(looks[1]);
  expect(surest([])).toBeNull();
});

test('nothing is ever wholly certain, nor less than not at all', () => {
  expect(percent(0.934)).toBe('93 %');
  expect(percent(1)).toBe('99 %');
  expect(percent(-0.2)).toBe('0 %');
});

test('a sighting is told in one sentence', () => {
  const told = why([look(10, 0.4), look(11, 0.93)], { direction: 'arriving', zone: 'porch' });
  expect(whyWords.story(told)).toBe(
    'A person was seen with 93 % certainty at 14:02:11, first in the zone porch, walking towards the door.',
  );
  expect(whyWords.story(why([look(11, 0.6)], { direction: 'leaving' }))).toBe(
    'A person was seen with 60 % certainty at 14:02:11, walking away from the door.',
  );
});

test('what opened it comes first where it was not the sighting', () => {
  expect(whyWords.story(why([look(1, 0.8)], { opened_by: 'press' }))).toMatch(
    /^Somebody pressed the doorbell\. A person was seen with 80 %/,
  );
  expect(whyWords.story(why([look(1, 0.8)], { opened_by: 'loitering' }))).toMatch(
    /^Somebody stayed\. A person/,
  );
});

test('nobody is made up where nobody was made out', () => {
  const moved = { opened_by: 'motion' } as const;
  expect(whyWords.story(why([look(1, 0), look(2, 0)], moved))).toBe(
    'Something moved. Nobody was made out in 2 looks.',
  );
  expect(whyWords.story(why([look(1, 0.2), look(2, 0.31)], moved))).toBe(
    'Something moved. Nobody was made out. The surest of 2 looks was 31 % sure, at 14:02:02.',
  );
  expect(whyWords.story(why([], moved))).toBe('Something moved. No picture was looked at.');
});

test('a person is told of, however sure the look was of the car beside', () => {
  const seen = look(1, 0.7);
  seen.boxes = [{ label: 'car', box: [0, 0, 1, 1], score: 0.9 }, ...seen.boxes];
  expect(whyWords.story(why([seen]))).toMatch(/^A person was seen with 70 %/);
});

test('nobody is seen with no certainty where the thresholds are not known', () => {
  const unknown = { opened_by: 'motion', thresholds: { open: 0, keep: 0 } } as const;
  expect(whyWords.story(why([look(1, 0)], unknown))).toBe(
    'Something moved. Nobody was made out in one look.',
  );
});

test('where it was looked at is counted', () => {
  const both = placesOf([look(1, 0.5), look(2, 0.5, 'remote'), look(3, 0.5, 'remote')]);
  expect(whyWords.facts.places(both)).toBe(
    'on this machine (one look) and by your remote detector (2 looks)',
  );
  expect(whyWords.facts.places({ here: 3, remote: 0 })).toBe('on this machine');
  expect(whyWords.facts.places({ here: 0, remote: 3 })).toBe('by your remote detector');
});

test('the chart runs from the first look to the last and from nothing to certainty', () => {
  const chart = chartOf(why([look(12, 1), look(10, 0), look(11, 0.5, 'remote')]), 212, 112);
  expect(chart.dots).toEqual([
    { x: MARGIN, y: 112 - MARGIN, where: 'local' },
    { x: 106, y: 56, where: 'remote' },
    { x: 212 - MARGIN, y: MARGIN, where: 'local' },
  ]);
  expect(chart.line).toBe(`M${MARGIN} ${112 - MARGIN}L106 56L${212 - MARGIN} ${MARGIN}`);
  expect(chart).toMatchObject({ open: 56, keep: 71, floor: 112 - MARGIN, ceiling: MARGIN });
});

test('a single look stands in the middle, and no look draws nothing', () => {
  expect(chartOf(why([look(1, 0.5)]), 212, 112).dots).toEqual([{ x: 106, y: 56, where: 'local' }]);
  expect(chartOf(why([]), 212, 112)).toMatchObject({ dots: [], line: '' });
});

test('a score outside its range stays inside the drawing', () => {
  const heights = chartOf(why([look(1, 3), look(2, -1)]), 212, 112).dots.map((dot) => dot.y);
  expect(heights).toEqual([MARGIN, 112 - MARGIN]);
});

test('the chart is told in words, too', () => {
  expect(whyWords.chart.says([look(3, 0.4), look(11, 0.93), look(15, 0.6)])).toBe(
    'How sure in 3 looks from 14:02:03 to 14:02:15: at most 93 %, at 14:02:11.',
  );
  expect(whyWords.chart.says([look(3, 0.4)])).toBe(
    'How sure in one look at 14:02:03: at most 40 %, at 14:02:03.',
  );
});

test('what moved is given finely where it is little', () => {
  expect(whyWords.facts.movedPart(0.012)).toBe('1.2 % of the picture');
  expect(whyWords.facts.movedPart(0.34)).toBe('34 % of the picture');
});
