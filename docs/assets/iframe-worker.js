// Lets the search work where the manual is opened as a file: browsers start no worker from file://, so here a hidden
// frame does what a worker would.  The name is the one by which the theme sees that it need not fetch such a thing.
'use strict';
if (location.protocol === 'file:') {
  globalThis.Worker = class extends EventTarget {
    #waiting = [];
    #frame = document.createElement('iframe');

    constructor(address) {
      super();
      this.#frame.hidden = true;
      document.body.append(this.#frame);
      this.#begin(address);
    }

    #begin(address) {
      const inside = this.#frame.contentWindow;
      inside.importScripts = (...urls) => urls.reduce((before, url) => before.then(() => this.#load(url)), Promise.resolve());
      inside.postMessage = (data) => setTimeout(() => this.#told(data));
      this.#load(address).then(() => {
        const waiting = this.#waiting;
        this.#waiting = null;
        for (const data of waiting) this.#say(data);
      });
    }

    #load(url) {
      const page = this.#frame.contentDocument;
      return new Promise((loaded, failed) => {
        const script = page.createElement('script');
        script.src = url;
        script.onload = loaded;
        script.onerror = failed;
        page.body.append(script);
      });
    }

    #told(data) {
      const event = new MessageEvent('message', { data });
      this.dispatchEvent(event);
      this.onmessage?.(event);
    }

    #say(data) {
      const inside = this.#frame.contentWindow;
      setTimeout(() => inside.dispatchEvent(new inside.MessageEvent('message', { data })));
    }

    postMessage(data) {
      if (this.#waiting) this.#waiting.push(data);
      else this.#say(data);
    }

    terminate() {
      this.#frame.remove();
    }
  };
}
