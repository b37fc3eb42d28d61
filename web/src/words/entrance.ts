// The English words of "Sign in" and "Set up", which most visits do not need.
import { spoken } from '../language.ts';
import { span } from '../rules/times.ts';
import { words } from './core.ts';

const { faults } = words;

export const entranceWords = spoken('entrance', {
  login: {
    title: 'Sign in',
    name: 'Name',
    password: 'Password',
    show: 'Show password',
    hide: 'Hide password',
    submit: 'Sign in',
    busy: 'Signing in…',
    wrong: 'That name and password do not match.',
    wait: (seconds: number | null) =>
      seconds === null ? faults.wait : `Too many tries. Try again in ${span(seconds * 1000)}.`,
    ended: faults['signed-out'],
    signedOut: 'You are signed out.',
    notSetUp: 'This Doorstep is new. Open the set-up address that it printed when it started, or',
    toSetUp: 'enter the set-up code',
  },

  setup: {
    title: 'Set up Doorstep',
    lead: 'Choose the name and password that you will sign in with. You will be the owner.',
    code: 'Set-up code',
    codeHint: 'Doorstep printed it when it started. It works once, for ten minutes.',
    name: 'Your name',
    password: 'Password',
    passwordHint: '12 characters or more. Three or four random words are easy to remember.',
    short: (missing: number) =>
      missing === 1 ? '1 more character, please.' : `${missing} more characters, please.`,
    longEnough: 'Long enough.',
    next: 'Next come a camera and how you are told. That takes a few minutes.',
    submit: 'Set up',
    busy: 'Setting up…',
    closed: 'Doorstep is already set up.',
    toLogin: 'Sign in',
    staleCode: 'That set-up code is wrong, used up or too old. Restart Doorstep to get a new one.',
  },
});
