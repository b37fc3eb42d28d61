import { describe, expect, it } from 'vitest';
import { activityWords } from '../src/words/activity.ts';
import type { AuditEntry } from '../src/api/shapes.ts';

const AGENT =
  'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36';
const said = (verb: string, way: string) =>
  activityWords.sentence({ verb, way, camera: null } as AuditEntry, 'Ann', '');

describe('what the log says of signing in', () => {
  it('names the device in words, not by what its browser sends', () => {
    expect(said('signed in', `passkey, ${AGENT}`)).toBe('Ann signed in with a passkey, Chrome on Android');
    expect(said('ended a sign-in', `${AGENT} of Ben`)).toBe('Ann signed out Chrome on Android of Ben');
    expect(said('failed to sign in', 'password, 2 tries')).toBe(
      'Ann failed to sign in with the password, 2 tries',
    );
  });

  it('says whose phone a code was for, and nothing of nobody', () => {
    expect(said('showed a code for a phone', '')).toBe('Ann showed a code for a phone');
    expect(said('showed a code for a phone', 'for Ben')).toBe("Ann showed a code for Ben's phone");
  });

  it('tells signing oneself out everywhere from signing out another', () => {
    expect(said('ended all other sign-ins', '')).toBe('Ann signed out everywhere else');
    expect(said('ended all other sign-ins', 'of Ben')).toBe('Ann signed out Ben everywhere');
  });
});
