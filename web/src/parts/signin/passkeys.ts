// Asks the device for a passkey, or to make one.  What is said about it is the pages' business.
import { addPasskey, askForPasskey, askToMakePasskey, signInByPasskey } from '../../api/people.ts';
import { creationOptions, credentialJson, requestOptions } from '../../rules/passkey.ts';

export type Outcome = 'done' | 'called-off' | 'known';

/** Throws Fault. */
export async function signInWithPasskey(): Promise<Outcome> {
  const publicKey = requestOptions(await askForPasskey());
  const signed = await asked(() => navigator.credentials.get({ publicKey }));
  if (!(signed instanceof PublicKeyCredential)) return 'called-off';
  await signInByPasskey(credentialJson(signed));
  return 'done';
}

/** Throws Fault. */
export async function makePasskey(name: string): Promise<Outcome> {
  const publicKey = creationOptions(await askToMakePasskey());
  const made = await asked(() => navigator.credentials.create({ publicKey }));
  if (made === 'known') return 'known';
  if (!(made instanceof PublicKeyCredential)) return 'called-off';
  await addPasskey(credentialJson(made), name);
  return 'done';
}

/** Null where the person closed the device's sheet, waited too long, or the device cannot: it does not say which. */
async function asked(ask: () => Promise<Credential | null>): Promise<Credential | 'known' | null> {
  try {
    return await ask();
  } catch (thrown) {
    return thrown instanceof DOMException && thrown.name === 'InvalidStateError' ? 'known' : null;
  }
}
