// Starts the app; nothing else.
import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { speak } from './language.ts';
import { takeManner } from './state/manner.ts';
import './state/installing.svelte.ts';
import { keepInstalled } from './state/refresh.ts';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
takeManner();
// Without them the page is English, which is better than none.
await speak().catch(() => undefined);
mount(App, { target });
keepInstalled();
