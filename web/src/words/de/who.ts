// The German words of "Who looks".
import type { RemoteUse } from '../../api/shapes.ts';
import { dollars } from '../../rules/times.ts';
import type { Dictionary } from './dictionary.ts';

const asked: Record<RemoteUse, string> = {
  every: 'wird bei jedem Blick gefragt',
  doubtful: 'wird nur gefragt, wo ein Blick zweifelhaft ist',
};

export const who: Dictionary['who'] = {
  title: 'Wer hinsieht',
  here: 'Auf diesem Gerät',
  model: (model) =>
    model === null
      ? 'Das Modell wird noch geladen, oder es gibt keines.'
      : `${model.name}, mit ${model.side} Pixeln`,
  why: (model, remote) => {
    if (model !== null) return model.why;
    return remote !== null && remote.trouble === null
      ? 'Bis dahin sieht nur der entfernte Detektor hin.'
      : 'Bis dahin macht allein Bewegung eine Meldung.';
  },
  remote: 'Dein entfernter Detektor',
  host: (remote, model) => `${remote.host}, ${asked[model === null ? 'every' : remote.use]}`,
  state: (remote, model) => {
    if (remote.trouble === null) return 'Es ist keine Störung bekannt.';
    const meanwhile =
      model === null
        ? 'Währenddessen sieht auf diesem Gerät kein Modell hin.'
        : 'Währenddessen sieht das Modell auf diesem Gerät hin.';
    return `${remote.trouble} ${meanwhile}`;
  },
  money: (remote) =>
    remote.cap_usd > 0
      ? `${dollars(remote.spent_usd)} in diesem Monat verbraucht, von höchstens ${dollars(remote.cap_usd)}.`
      : '',
};
