// A stand-in for Doorstep while the pages are built: realistic answers, and any state on request.
//   node dev/server.js [PORT]     DOORSTEP_DEV_MEDIA names a folder with live*.jpg, thumb*.jpg and clip.mp4
//   POST /dev {"cameras": "offline", …} changes what it answers; sign in as anybody with twelve characters.
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { status } from './status.js';
import { deliveries, isWanted, telling } from './telling.js';

const port = Number(process.argv[2] ?? 8088);
const dist = join(dirname(fileURLToPath(import.meta.url)), '../../src/doorstep/web/dist');
const media = process.env.DOORSTEP_DEV_MEDIA ?? '';
const files = media === '' ? [] : readdirSync(media).sort();
const pictures = files
  .filter((name) => name.startsWith('live'))
  .map((name) => readFileSync(join(media, name)));
const thumbnails = files
  .filter((name) => name.startsWith('thumb'))
  .map((name) => readFileSync(join(media, name)));

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
  "connect-src 'self'; manifest-src 'self'; worker-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; " +
  "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html doorstep-sw";
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** What POST /dev changes. */
const FRESH = {
  signedIn: true,
  role: 'owner',
  setupNeeded: false,
  cameras: 'live', // live | offline | refused | none | one
  stream: 'good', // good | silent | late | broken
  alerts: 'many', // many | none | failing
  running: true,
  problems: false,
  looks: 'here', // here | loading | remote | trouble | alone (no model, and the remote fails)
  clip: 'good', // good | broken
  why: 'good', // good | none | failing
};
let state = { ...FRESH };
const deleted = new Set();
const feedback = new Map();
const startedAt = Date.now();

const iso = (milliseconds) => new Date(milliseconds).toISOString();

function cameras() {
  const watching = { on: true, last_look_at: iso(Date.now() - (Date.now() % 4000)), where: 'local' };
  const since = iso(Date.now() - 3_600_000);
  const trouble = { offline: ['stalled', 'No packet for 12 s.'], refused: ['refused', '401 Unauthorized'] };
  const [door, reason] = trouble[state.cameras] ?? ['live', ''];
  const front = {
    id: 'front-door',
    name: 'Front door',
    state: door,
    since,
    reason,
    recording: door === 'live',
    watching: { ...watching, on: isWanted('front-door'), wanted: isWanted('front-door') },
  };
  const garden = {
    id: 'garden',
    name: 'Garden <b>gate</b>',
    state: 'live',
    since,
    reason: '',
    recording: false,
    watching: { ...watching, on: false, wanted: isWanted('garden') },
  };
  if (state.cameras === 'none') return [];
  return state.cameras === 'one' ? [front] : [front, garden];
}

function event(number) {
  const isRunning = number === 0 && state.running;
  const start = isRunning ? startedAt - 8000 : startedAt - 60_000 * (4 + number * 47 + (number % 5) * 9);
  const causes = [['person'], ['press', 'person'], ['person'], ['trigger'], ['loitering', 'person']][
    number % 5
  ];
  const seconds = isRunning ? (Date.now() - start) / 1000 : 12;
  const id = `e${number}`;
  return {
    id,
    camera: number % 4 === 3 ? 'garden' : 'front-door',
    started_at: iso(start),
    ended_at: isRunning ? null : iso(start + 12_000),
    causes,
    pre_roll_seconds: 6.4,
    score: 0.93,
    zone: number % 3 === 0 ? 'porch' : '',
    direction: [null, 'arriving', 'leaving'][number % 3],
    still: { href: `/api/v1/events/${id}/still.jpg` },
    clip: number % 9 === 8 ? null : { href: `/api/v1/events/${id}/clip.mp4`, bytes: 2_345_678, seconds },
    thumbnail: { href: `/api/v1/events/${id}/thumbnail.jpg` },
    ledger: [
      { stage: 'captured', at: iso(start), ms: 0, cost_usd: 0, channel: '' },
      { stage: 'seen', at: iso(start + 412), ms: 412, cost_usd: 0, channel: '' },
      { stage: 'decided', at: iso(start + 430), ms: 430, cost_usd: 0, channel: '' },
      { stage: 'sent', at: iso(start + 610), ms: 610, cost_usd: 0.0001, channel: 'email' },
      { stage: 'accepted', at: iso(start + 1320), ms: 1320, cost_usd: 0, channel: 'email' },
    ],
  };
}

function explanation(number) {
  const { started_at, zone, direction, causes } = event(number);
  const looks = Array.from({ length: 40 }, (_, look) => {
    const score = look < 3 ? 0 : Math.min(0.93, 0.2 + look / 20) - (look > 30 ? (look - 30) / 14 : 0);
    const box = [0.3, 0.2, 0.45, 0.9];
    return {
      at: iso(Date.parse(started_at) + look * 250),
      score,
      where: look % 9 === 5 ? 'remote' : 'local',
      boxes: score > 0.1 ? [{ label: 'person', box, score }] : [],
      crops: look % 4 === 0 ? [[0.2, 0.1, 0.7, 1]] : [],
    };
  });
  return {
    model: 'yolox-nano',
    model_sha256: 'c789161ef18efa2c0e5a8a8a2a1b5b25b6b1a46a50b05a1e6a5a1a1a2b3c4d5e',
    input: '416x416',
    thresholds: { open: 0.5, keep: 0.35 },
    opened_by: causes[0],
    motion: 0.012,
    zone,
    direction,
    still_box: [0.3, 0.2, 0.45, 0.9],
    looks,
    feedback: feedback.get(`e${number}`) ?? null,
  };
}

function events(query) {
  if (state.alerts === 'none') return { events: [], next: null };
  const wanted = Array.from({ length: 150 }, (_, number) => event(number))
    .filter((one) => !deleted.has(one.id))
    .filter((one) => (query.get('camera') ?? one.camera) === one.camera)
    .filter((one) => Date.parse(one.started_at) >= Date.parse(query.get('from') ?? iso(0)))
    .filter((one) => Date.parse(one.started_at) < Date.parse(query.get('to') ?? iso(8e14)))
    .sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at));
  const from = Number(query.get('cursor') ?? 0);
  const to = from + Number(query.get('limit') ?? 60);
  return { events: wanted.slice(from, to), next: to < wanted.length ? String(to) : null };
}

function json(response, code, body) {
  const type = code >= 400 ? 'application/problem+json' : 'application/json';
  response.writeHead(code, { 'content-type': type, 'cache-control': 'private, no-store' });
  response.end(JSON.stringify(body));
}

const problem = (response, code, detail) =>
  json(response, code, { type: 'about:blank', title: 'Problem', status: code, detail });

function picture(response, body, age = 0) {
  if (body === undefined) return problem(response, 404, 'There is no picture.');
  response.writeHead(200, { 'content-type': 'image/jpeg', 'doorstep-picture-age': String(age) });
  response.end(body);
}

function stream(request, response) {
  if (state.stream === 'broken') return problem(response, 503, 'The camera is not answering.');
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
  let number = 0;
  const timer = setInterval(() => {
    if (state.stream === 'broken') return response.end();
    if (state.stream === 'silent' || state.cameras === 'offline' || pictures.length === 0) return;
    const body = pictures[number++ % pictures.length];
    const age = state.stream === 'late' ? 12_300 : 40;
    response.write(
      `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${body.length}\r\nDoorstep-Taken-At: ${iso(Date.now() - age)}\r\n\r\n`,
    );
    response.write(body);
    response.write('\r\n');
  }, 250);
  request.on('close', () => clearInterval(timer));
}

function clip(request, response) {
  const file = join(media, 'clip.mp4');
  if (state.clip === 'broken' || !existsSync(file)) return problem(response, 404, 'The clip is gone.');
  const { size } = statSync(file);
  const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
  const start = range === null ? 0 : Number(range[1]);
  const end = range === null || range[2] === '' ? size - 1 : Number(range[2]);
  response.writeHead(range === null ? 200 : 206, {
    'content-type': 'video/mp4',
    'accept-ranges': 'bytes',
    'content-length': end - start + 1,
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  createReadStream(file, { start, end }).pipe(response);
}

function asset(path, response) {
  const wanted = join(dist, normalize(path));
  const file = extname(path) !== '' && existsSync(wanted) ? wanted : join(dist, 'index.html');
  const isHashed = path.startsWith('/assets/');
  response.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'content-encoding': existsSync(`${file}.gz`) ? 'gzip' : 'identity',
  });
  createReadStream(existsSync(`${file}.gz`) ? `${file}.gz` : file).pipe(response);
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? {} : JSON.parse(text);
}

async function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const body = ['POST', 'PUT'].includes(request.method ?? '') ? await bodyOf(request) : {};
  if (pathname === '/dev') {
    state = { ...FRESH, ...body };
    deleted.clear();
    return json(response, 200, state);
  }
  if (!pathname.startsWith('/api/v1')) return asset(pathname, response);
  const route = `${request.method} ${pathname.slice('/api/v1'.length)}`;
  if (route === 'GET /setup') return json(response, 200, { needed: state.setupNeeded });
  if (route === 'POST /setup') {
    if (body.code !== 'GOOD') return problem(response, 403, 'This set-up code is not valid.');
    state.setupNeeded = false;
    state.signedIn = true;
    return json(response, 201, {});
  }
  if (route === 'POST /session') {
    if (body.name === 'busy') {
      response.setHeader('retry-after', '30');
      return problem(response, 429, 'Too many tries.');
    }
    if ((body.password ?? '').length < 12) return problem(response, 401, 'Wrong name or password.');
    state.signedIn = true;
    return json(response, 200, {});
  }
  if (!state.signedIn) return problem(response, 401, 'Sign in first.');
  if (route === 'GET /session') return json(response, 200, { name: 'Ann', role: state.role, cameras: null });
  if (route === 'DELETE /session') {
    state.signedIn = false;
    return response.writeHead(204).end();
  }
  const told = telling(route, body);
  if (told?.[0] === 204) return response.writeHead(204).end();
  if (told !== null) return json(response, ...told);
  if (route === 'GET /cameras') return json(response, 200, { cameras: cameras() });
  if (route === 'GET /status') return json(response, 200, status(state));
  if (route === 'GET /events') {
    if (state.alerts === 'failing') return problem(response, 500, 'The catalog could not be read.');
    return json(response, 200, events(searchParams));
  }
  const live = /^GET \/cameras\/([^/]+)\/(snapshot\.jpg|live\.mjpeg)$/.exec(route);
  if (live !== null) {
    if (!cameras().some((camera) => camera.id === live[1])) return problem(response, 404, 'No such camera.');
    if (live[2] === 'live.mjpeg') return stream(request, response);
    return picture(
      response,
      pictures[0],
      state.cameras === 'offline' || state.stream !== 'good' ? 3_600_000 : 300,
    );
  }
  const one = /^(GET|DELETE|POST) \/events\/e(\d+)(\/.+)?$/.exec(route);
  if (one === null || Number(one[2]) >= 150) return problem(response, 404, 'There is no such thing.');
  const id = `e${one[2]}`;
  if (one[1] === 'DELETE') deleted.add(id);
  if (one[1] === 'POST' && one[3] === '/feedback') feedback.set(id, body.verdict);
  else if (one[1] === 'POST') deleted.delete(id);
  if (one[1] !== 'GET') return response.writeHead(204).end();
  if (deleted.has(id)) return problem(response, 404, 'There is no such alert.');
  if (one[3] === '/clip.mp4') return clip(request, response);
  if (one[3] === '/explanation') {
    if (state.why === 'none') return problem(response, 404, 'Nothing was kept about this event.');
    if (state.why === 'failing') return problem(response, 500, 'The catalog could not be read.');
    return json(response, 200, explanation(Number(one[2])));
  }
  if (one[3] === '/thumbnail.jpg' || one[3] === '/still.jpg')
    return picture(response, thumbnails[Number(one[2]) % thumbnails.length]);
  const found = event(Number(one[2]));
  return json(response, 200, { ...found, stored: true, deliveries: deliveries(found.started_at) });
}

createServer((request, response) => {
  answer(request, response).catch((error) => problem(response, 500, String(error)));
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));
