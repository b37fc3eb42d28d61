// Opens the dialog that asks for one's own password once more, over whatever page is open.
import { mount, unmount } from 'svelte';
import type { Said } from '../api/confirming.ts';
import type { Fault } from '../api/fault.ts';
import ConfirmPassword from './ConfirmPassword.svelte';

/** What the attempt gave with the password; throws `calledOff` where none was said. */
export function askPassword<T>(attempt: (said: Said) => Promise<T>, calledOff: Fault): Promise<T> {
  const opener = document.activeElement;
  return new Promise<T>((resolve, reject) => {
    const dialog = mount(ConfirmPassword, {
      target: document.body,
      props: {
        attempt: async (password: string): Promise<void> => {
          resolve(await attempt({ your_password: password }));
        },
        onclose: (): void => {
          reject(calledOff); // means nothing where it was resolved
          void unmount(dialog);
          if (opener instanceof HTMLElement) opener.focus();
        },
      },
    });
  });
}
