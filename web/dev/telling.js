// Who is told, as the stand-in for Doorstep has it; everything is kept until it is started again.
const iso = (milliseconds) => new Date(milliseconds).toISOString();
const ago = (seconds) => iso(Date.now() - seconds * 1000);

const CAUSES = ['person', 'press', 'loitering', 'trigger'];
let wishes = { causes: CAUSES, cameras: null, quiet_hours: [], troubles: true };
let snoozedUntil = null;
const off = new Set();
const walks = [];

/** Whether anybody is looked for at this camera. */
export const isWanted = (camera) => !off.has(camera);

/** Who was told of an event: one who was, and one who was spared. */
export function deliveries(startedAt) {
  const of = { channel: 'push:a', cause: 'person', raised_at: startedAt, next_try_at: null, opened_at: null };
  const accepted = iso(Date.parse(startedAt) + 610);
  const told = { accepted_at: accepted, shown_at: iso(Date.parse(startedAt) + 1320) };
  const spared = { accepted_at: null, shown_at: null };
  return [
    { ...of, ...told, id: 'd1', recipient: 'Phone', state: 'accepted', attempts: 1, outcome: '' },
    { ...of, ...spared, id: 'd2', recipient: 'Tablet', state: 'spared', attempts: 0, outcome: 'quiet hours' },
  ];
}

function walk(number) {
  const passed = (Date.now() - walks[number].at) / 1000;
  const stages = ['captured', 'seen', 'decided', 'stored', 'sent', 'accepted', 'acknowledged'];
  const state = passed > stages.length ? 'passed' : 'running';
  return {
    id: String(number),
    camera: walks[number].camera,
    state,
    stages: stages.map((stage, index) => ({
      stage,
      state: index < passed ? 'reached' : 'waiting',
      ms: index < passed ? index * 210 : null,
      words: '',
      channel: index > 3 ? 'push:a' : null,
      name: index > 3 ? 'Phone' : null,
    })),
    summary:
      state === 'passed' ? 'The visitor was seen, recorded and told to Phone.' : 'The test is running.',
  };
}

const RECIPIENTS = [
  { channel: 'push:a', name: 'Phone', person: 'Ann', turn: 'first', proven_at: ago(3600), problem: '' },
  {
    channel: 'apprise:loud',
    name: 'loud',
    person: null,
    turn: 'unanswered',
    proven_at: null,
    problem: 'No answer.',
  },
];

/** The code and body of an answer about telling; null where the route is about something else. */
export function telling(route, body) {
  const detection = /^PUT \/cameras\/([^/]+)\/detection$/.exec(route);
  if (detection !== null) {
    if (body.on) off.delete(detection[1]);
    else off.add(detection[1]);
    return [200, {}];
  }
  const report = /^GET \/test\/(\d+)$/.exec(route);
  if (report !== null && walks[Number(report[1])] !== undefined) return [200, walk(Number(report[1]))];
  if (/^POST \/deliveries\/[^/]+\/ack$/.test(route)) return [204];
  if (/^POST \/recipients\/[^/]+\/test$/.test(route)) return [200, { state: 'accepted' }];
  switch (route) {
    case 'GET /push':
      return [200, { public_key: '', devices: [] }];
    case 'GET /recipients':
      return [200, { recipients: RECIPIENTS }];
    case 'PUT /alerts/preferences':
      wishes = body;
      return [200, {}];
    case 'GET /alerts/preferences':
      return [200, { ...wishes, alerted: CAUSES, timezone: 'Europe/Berlin' }];
    case 'POST /snooze':
    case 'DELETE /snooze':
      snoozedUntil = route.startsWith('POST') ? iso(Date.now() + body.seconds * 1000) : null;
      return [200, {}];
    case 'GET /snooze':
      return [200, { snoozed_until: snoozedUntil, house_until: null }];
    case 'POST /test':
      walks.push({ at: Date.now(), camera: body.camera });
      return [202, { id: String(walks.length - 1) }];
    default:
      return null;
  }
}
