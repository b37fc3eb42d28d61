// The English words of the dialog that asks for the password once more.
import { spoken } from '../language.ts';

export const confirmWords = spoken('confirm', {
  title: 'Your password once more',
  lead: 'This opens the house to somebody. Say that it is you.',
  password: 'Your own password',
  hint: 'No password, or forgotten? Sign out. Sign in again with your password or passkey, and it is not asked.',
  wrong: 'That is not your password.',
  cancel: 'Cancel',
  go: 'Go on',
});
