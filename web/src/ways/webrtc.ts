// WebRTC by WHEP (RFC 9725): the least delay that the network allows.
import { note, whepHref } from '../api/client.ts';
import { faultOf } from '../api/fault.ts';
import type { LiveOffer } from '../api/shapes.ts';
import type { Trouble } from '../rules/ways.ts';
import { presence } from '../state/presence.svelte.ts';
import { words } from '../words/core.ts';
import { watchFrames } from './frames.ts';
import { broke, impossible, judge, type RunWay, type Stage } from './stage.ts';

/** Candidates found within this go with the offer, later ones follow by PATCH. */
const GATHERING_MS = 300;
/** A little more than the server takes to answer. */
const PATIENCE_MS = 12_000;

export const webrtc: RunWay = async (stage, signal) => {
  if (!('RTCPeerConnection' in window)) return impossible(words.way.noWebRtc);
  let offered: LiveOffer;
  try {
    offered = await stage.offer();
  } catch {
    return judge(stage, 'webrtc', words.way.cut);
  }
  if (signal.aborted) return broke('');
  const way = offered.ways.find((one) => one.way === 'webrtc');
  if (way?.possible === false) return impossible(way.reason);
  const call = new Call(
    stage,
    offered.ice_servers.map(({ urls, username, credential }) => ({
      urls,
      ...(username && credential ? { username, credential } : {}),
    })),
  );
  try {
    return await call.until(signal);
  } finally {
    call.hangUp();
  }
};

/** As far as it is read. */
interface RemoteReport {
  type: string;
  timestamp: number;
  remoteTimestamp?: number;
}

class Call {
  readonly #stage: Stage;
  readonly #peer: RTCPeerConnection;
  #session: string | null = null;
  #late: string[] = [];
  /** How long what the server sends was on its way in the last seconds, in milliseconds. */
  #onTheWay: number[] = [];

  constructor(stage: Stage, iceServers: RTCIceServer[]) {
    this.#stage = stage;
    this.#peer = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
  }

  until(signal: AbortSignal): Promise<Trouble> {
    return new Promise((resolve) => {
      const { video } = this.#stage;
      const end = (trouble: Trouble) => {
        watch.stop();
        clearInterval(timer);
        signal.removeEventListener('abort', stop);
        window.removeEventListener('pagehide', leave);
        resolve(trouble);
      };
      const stop = () => {
        end(broke(''));
      };
      const leave = () => {
        this.hangUp();
      };
      const watch = watchFrames(
        this.#stage,
        (_, held) => {
          // Where one of both is not known there is none: better no figure than a false one.
          const delay = Math.max(0, Math.min(...this.#onTheWay)) + 1000 * (held ?? Infinity);
          this.#stage.showsFilm(Number.isFinite(delay) ? presence.serverNow() - delay : null);
        },
        end,
      );
      const timer = setInterval(() => void this.#learnWay(), 500);
      this.#peer.addEventListener('connectionstatechange', () => {
        if (this.#peer.connectionState === 'failed') end(broke(words.way.noPath));
      });
      this.#peer.addEventListener('track', (event) => {
        // As little as decodes smoothly is kept; the browser takes more by itself when packets come late.
        if ('jitterBufferTarget' in event.receiver) event.receiver.jitterBufferTarget = 0;
        if (event.track.kind === 'audio') {
          event.track.onunmute = () => {
            this.#stage.hasSound(true);
          };
        }
        const [stream] = event.streams;
        video.srcObject ??= stream ?? new MediaStream();
        if (stream === undefined && video.srcObject instanceof MediaStream)
          video.srcObject.addTrack(event.track);
        this.#stage.play();
      });
      signal.addEventListener('abort', stop);
      window.addEventListener('pagehide', leave);
      this.#dial().then(
        (refused) => {
          if (refused !== null) end(refused);
        },
        () => void judge(this.#stage, 'webrtc', words.way.cut).then(end),
      );
    });
  }

  hangUp(): void {
    this.#peer.close();
    if (this.#session !== null) void send(this.#session, 'DELETE').catch(() => undefined);
    this.#session = null;
  }

  /** Offers to receive, and takes the answer; the trouble that a refusal is. */
  async #dial(): Promise<Trouble | null> {
    const peer = this.#peer;
    for (const kind of ['video', 'audio']) peer.addTransceiver(kind, { direction: 'recvonly' });
    peer.addEventListener('icecandidate', (event) => {
      if (event.candidate !== null) this.#trickle(event.candidate.candidate);
    });
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const sdp = peer.localDescription?.sdp ?? '';
    this.#late = [];
    const asked = Date.now();
    const answer = await send(
      whepHref(this.#stage.camera, this.#stage.stream),
      'POST',
      'application/sdp',
      sdp,
    );
    note(answer, asked);
    const text = await answer.text();
    if (answer.status !== 201) return refusal(this.#stage, answer.status, text);
    this.#session = answer.headers.get('location');
    if (peer.signalingState === 'closed') {
      this.hangUp(); // the page went on while the answer was on its way
      return null;
    }
    await peer.setRemoteDescription({ type: 'answer', sdp: text });
    const late = this.#late;
    this.#late = [];
    for (const candidate of late) this.#trickle(candidate);
    return null;
  }

  #trickle(candidate: string): void {
    if (this.#session === null) {
      this.#late.push(candidate);
      return;
    }
    const sdp = this.#peer.localDescription?.sdp ?? '';
    const line = (name: string) => new RegExp(`^a=${name}:.*$`, 'm').exec(sdp)?.[0] ?? '';
    const fragment = [
      line('ice-ufrag'),
      line('ice-pwd'),
      'm=video 9 UDP/TLS/RTP/SAVPF 0',
      'a=mid:0',
      `a=${candidate}`,
    ];
    void send(
      this.#session,
      'PATCH',
      'application/trickle-ice-sdpfrag',
      `${fragment.join('\r\n')}\r\n`,
    ).catch(() => undefined);
  }

  /**
   * A sender report tells when the packet before it was sent (RFC 3550, 6.4.1; W3C webrtc-stats, remoteTimestamp) and
   * comes up to a picture later: the quickest of all is taken, which is never too quick.  What a browser says by itself
   * (estimatedPlayoutTimestamp) is there only where there is sound too.
   */
  async #learnWay(): Promise<void> {
    for (const report of (await this.#peer.getStats()).values() as Iterable<RemoteReport>) {
      if (report.type !== 'remote-outbound-rtp' || report.remoteTimestamp === undefined) continue;
      const arrived = report.timestamp + presence.serverNow() - Date.now();
      this.#onTheWay = [...this.#onTheWay.slice(-20), arrived - report.remoteTimestamp];
    }
  }
}

/** Waits for candidates, briefly. */
function gathered(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (peer.iceGatheringState === 'complete') resolve();
    };
    peer.addEventListener('icegatheringstatechange', look);
    setTimeout(resolve, GATHERING_MS);
    look();
  });
}

function refusal(stage: Stage, status: number, text: string): Trouble | Promise<Trouble> {
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Not ours.
  }
  const fault = faultOf(status, body);
  // A proxy in between may answer these for a server that is there: it is asked.
  if (fault.kind === 'gone' || fault.kind === 'unreachable') return judge(stage, 'webrtc', words.way.noPath);
  return impossible(fault.detail === '' ? words.faults[fault.kind] : fault.detail);
}

function send(href: string, method: string, type = 'application/json', body?: string): Promise<Response> {
  const request: RequestInit = { method, headers: { 'content-type': type } };
  if (body === undefined)
    request.keepalive = true; // the page may be closing
  else Object.assign(request, { body, signal: AbortSignal.timeout(PATIENCE_MS) });
  return fetch(href, request);
}
