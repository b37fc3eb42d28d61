// What WebAuthn exchanges, between JSON and the bytes that browsers want (WebAuthn Level 3, 5.1.8 to 5.1.10): older
// browsers know the bytes alone.

interface Described {
  id: string;
  type: 'public-key';
  transports?: AuthenticatorTransport[];
}

/** Whether this page can have passkeys at all: the server says why not, in words. */
export function canUsePasskeys(): boolean {
  return window.isSecureContext && 'PublicKeyCredential' in window && !isNumber();
}

/** Whether the page was opened by an IP address. */
export function isNumber(): boolean {
  return /^\[|^[\d.]+$/.test(location.hostname);
}

export function creationOptions(json: unknown): PublicKeyCredentialCreationOptions {
  const told = json as Omit<
    PublicKeyCredentialCreationOptions,
    'challenge' | 'user' | 'excludeCredentials'
  > & {
    challenge: string;
    user: { id: string; name: string; displayName: string };
    excludeCredentials?: Described[];
  };
  return {
    ...told,
    challenge: bytesOf(told.challenge),
    user: { ...told.user, id: bytesOf(told.user.id) },
    excludeCredentials: (told.excludeCredentials ?? []).map((one) => ({ ...one, id: bytesOf(one.id) })),
  };
}

export function requestOptions(json: unknown): PublicKeyCredentialRequestOptions {
  const told = json as Omit<PublicKeyCredentialRequestOptions, 'challenge' | 'allowCredentials'> & {
    challenge: string;
    allowCredentials?: Described[];
  };
  return {
    ...told,
    challenge: bytesOf(told.challenge),
    allowCredentials: (told.allowCredentials ?? []).map((one) => ({ ...one, id: bytesOf(one.id) })),
  };
}

export function credentialJson(credential: PublicKeyCredential): unknown {
  const id = textOf(credential.rawId);
  const response = responseJson(credential.response);
  return { id, rawId: id, type: credential.type, response, clientExtensionResults: {} };
}

function responseJson(response: AuthenticatorResponse): unknown {
  const clientDataJSON = textOf(response.clientDataJSON);
  if ('attestationObject' in response) {
    const made = response as AuthenticatorAttestationResponse;
    return {
      clientDataJSON,
      attestationObject: textOf(made.attestationObject),
      transports: made.getTransports(),
    };
  }
  const { authenticatorData, signature, userHandle } = response as AuthenticatorAssertionResponse;
  return {
    clientDataJSON,
    authenticatorData: textOf(authenticatorData),
    signature: textOf(signature),
    ...(userHandle === null ? {} : { userHandle: textOf(userHandle) }),
  };
}

/** base64url (RFC 4648, 5) without padding. */
export function textOf(bytes: ArrayBuffer): string {
  const letters = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join('');
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const letters = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}
