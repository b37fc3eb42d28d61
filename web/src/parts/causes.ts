// How each cause of an alert is drawn.  Its word is in words.ts.
import type { Cause } from '../api/shapes.ts';
import type { IconName } from './Icon.svelte';

export const causeIcon: Record<Cause, IconName> = {
  person: 'person',
  loitering: 'person',
  press: 'press',
  trigger: 'motion',
  motion: 'motion',
  saved: 'saved',
};
