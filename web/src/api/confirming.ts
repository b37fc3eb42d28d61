// What Doorstep does only for who has just signed in, or says the password once more.
import { asFault } from './fault.ts';

/** Into the body of what is asked. */
export interface Said {
  your_password?: string;
}

/** Tries, and where the password has to be said again asks for it and tries with it.  Throws Fault. */
export async function confirmed<T>(attempt: (said: Said) => Promise<T>): Promise<T> {
  try {
    return await attempt({});
  } catch (thrown) {
    const fault = asFault(thrown);
    if (fault.code !== 'say-password') throw fault;
    const { askPassword } = await import('../parts/askpassword.ts');
    return askPassword(attempt, fault);
  }
}
