// The English words of "Who looks", apart from words.ts so that they load with the status.  No markup.
import { spoken } from '../language.ts';
import type { Model, RemoteDetector, RemoteUse } from '../api/shapes.ts';
import { dollars } from '../rules/times.ts';

const asked: Record<RemoteUse, string> = {
  every: 'asked at every look',
  doubtful: 'asked only where a look is doubtful',
};

export const whoWords = spoken('who', {
  title: 'Who looks',
  here: 'On this machine',
  /** "yolox-nano, at 416 pixels": by the name that the config and every alert use. */
  model: (model: Model | null) =>
    model === null
      ? 'The model is still being loaded, or there is none.'
      : `${model.name}, at ${model.side} pixels`,
  /** Why its pictures are that large; without a model, what is left until there is one. */
  why: (model: Model | null, remote: RemoteDetector | null) => {
    if (model !== null) return model.why;
    return serves(remote)
      ? 'Only the remote detector looks until then.'
      : 'Motion alone makes events until then.';
  },
  remote: 'Your remote detector',
  /** "far.example, asked at every look": as it is while no model here can doubt. */
  host: (remote: RemoteDetector, model: Model | null) =>
    `${remote.host}, ${asked[model === null ? 'every' : remote.use]}`,
  /** How it does, and who looks meanwhile where it does not. */
  state: (remote: RemoteDetector, model: Model | null) => {
    if (remote.trouble === null) return 'No trouble is known.';
    const meanwhile =
      model === null
        ? 'No model on this machine looks meanwhile.'
        : 'The model on this machine looks meanwhile.';
    return `${remote.trouble} ${meanwhile}`;
  },
  /** Empty where a look costs nothing. */
  money: (remote: RemoteDetector) =>
    remote.cap_usd > 0
      ? `${dollars(remote.spent_usd)} spent this month, of at most ${dollars(remote.cap_usd)}.`
      : '',
});

function serves(remote: RemoteDetector | null): boolean {
  return remote !== null && remote.trouble === null;
}
