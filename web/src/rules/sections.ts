// Which sections of Settings a role sees, in their order.  What the server allows is decided there.
import type { Role } from '../api/shapes.ts';
import type { Section, settingsWords } from '../words/settings.ts';

export interface Shown {
  name: keyof typeof settingsWords.groups;
  sections: Section[];
}

const FROM: Record<Section, Role> = {
  notifications: 'family',
  devices: 'guest',
  appearance: 'guest',
  cameras: 'owner',
  rules: 'owner',
  people: 'owner',
  shares: 'family',
  activity: 'owner',
  storage: 'owner',
  health: 'family',
  backup: 'owner',
  anywhere: 'owner',
  address: 'owner',
  tokens: 'owner',
  about: 'guest',
};
const GROUPS: Shown[] = [
  { name: 'mine', sections: ['notifications', 'devices', 'appearance'] },
  {
    name: 'house',
    sections: ['cameras', 'rules', 'people', 'shares', 'activity', 'storage', 'health', 'backup', 'about'],
  },
  { name: 'far', sections: ['anywhere', 'address', 'tokens'] },
];
const RANKS: Role[] = ['guest', 'family', 'owner'];

/** From which role on a section is seen by some only; null where everybody sees it, and where there is none. */
export function beginsWith(section: string | null): 'family' | 'owner' | null {
  const role = section !== null && Object.hasOwn(FROM, section) ? FROM[section as Section] : 'guest';
  return role === 'guest' ? null : role;
}

export function sectionsFor(role: Role): Shown[] {
  const mayAs = (section: Section): boolean => RANKS.indexOf(role) >= RANKS.indexOf(FROM[section]);
  return GROUPS.map(({ name, sections }) => ({ name, sections: sections.filter(mayAs) })).filter(
    ({ sections }) => sections.length > 0,
  );
}
