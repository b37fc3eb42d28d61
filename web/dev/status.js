// What the stand-in for Doorstep says about itself.

const MODEL = {
  name: 'yolox-nano',
  side: 416,
  why: '416 is the largest that affords 8 looks a second here (416: 23 ms).',
};
const REMOTE = {
  host: 'detector.example',
  use: 'every',
  trouble: null,
  left_alone: false,
  spent_usd: 1.2345,
  cap_usd: 5,
};
const FAILING = {
  ...REMOTE,
  use: 'doubtful',
  trouble: 'The remote detector at detector.example did not answer in time; it is asked again in a while.',
  left_alone: true,
};
const LOOKS = {
  here: { model: MODEL, remote_detector: null },
  loading: { model: null, remote_detector: null },
  remote: { model: MODEL, remote_detector: REMOTE },
  trouble: { model: MODEL, remote_detector: FAILING },
  alone: { model: null, remote_detector: FAILING },
};

/** `GET /status`, in the state that POST /dev asked for. */
export function status({ problems, looks }) {
  const since = new Date(Date.now() - 1_200_000).toISOString();
  const { model, remote_detector } = LOOKS[looks];
  const found = [];
  if (problems) {
    const remedy = 'Plug the camera in again, then look at the light beside its lens.';
    found.push({ what: 'Front door has sent no picture', since, remedy, minor: false });
  }
  if (remote_detector?.trouble) {
    const remedy =
      model === null
        ? 'No model on this machine looks meanwhile: run `doorstep models fetch`.'
        : 'Nothing is missed: the model on this machine looks meanwhile.';
    found.push({ what: remote_detector.trouble, since, remedy, minor: model !== null });
  }
  return {
    version: '0.1.0',
    seeing: found.every((problem) => problem.minor),
    model,
    remote_detector,
    problems: found,
    storage: {
      used_bytes: problems ? 47.2e9 : 18.4e9,
      limit_bytes: 50e9,
      days_left: problems ? 0.6 : 21.4,
      written_bytes_a_day: 0.9e9,
    },
    off_site: null,
  };
}
