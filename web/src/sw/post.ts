// One write to Doorstep from the service worker.

const PATIENCE_MS = 8_000;

/** The status of the answer; null where nobody answered. */
export async function post(path: string, body: object): Promise<number | null> {
  try {
    const answer = await fetch(`/api/v1${path}`, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return answer.status;
  } catch {
    return null;
  }
}
