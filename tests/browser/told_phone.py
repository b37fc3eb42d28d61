"""A browser that is told.  Chromium has no push service here: a stand-in gives it an address, and hands it messages."""

import json
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, Worker, expect

from fakes.browser import until
from fakes.push_service import Browser

# What a browser with a push service answers; what the subscription was made with is kept, as a browser keeps it.
_SUBSCRIBES = """
(() => {
  const given = GIVEN;
  const held = () => {
    const key = localStorage.getItem('test.key');
    if (key === null) return null;
    return {
      endpoint: given.endpoint,
      options: { applicationServerKey: Uint8Array.from(JSON.parse(key)).buffer },
      toJSON: () => given,
      unsubscribe: () => { localStorage.removeItem('test.key'); return Promise.resolve(true); },
    };
  };
  PushManager.prototype.subscribe = async (options) => {
    localStorage.setItem('test.key', JSON.stringify([...options.applicationServerKey]));
    return held();
  };
  PushManager.prototype.getSubscription = async () => held();
})();
"""
# Chromium loses a notification that it is about to show when it is asked at that moment which ones stand there.  A test
# that looks again and again must not bring that about, so that in the worker one of both waits for the other.
_TAKE_TURNS = """
() => {
  const { registration } = self;
  if (Object.hasOwn(registration, 'showNotification')) return;
  let last = Promise.resolve();
  for (const name of ['showNotification', 'getNotifications']) {
    const real = registration[name].bind(registration);
    registration[name] = (...words) => {
      const mine = last.then(() => real(...words));
      last = mine.catch(() => undefined);
      return mine;
    };
  }
}
"""
_SHOWN = """
async () => {
  return (await self.registration.getNotifications()).map(({ title, body, tag, image, actions, data }) =>
    ({ title, body, tag, image: image ?? '', actions: actions.map(({ action }) => action), id: data?.id }));
}
"""
_PUT_AWAY = "async () => { for (const one of await self.registration.getNotifications()) one.close(); }"
# A finger cannot be played, so the event is; only waiting for what it does needs a stand-in.
_TAP = """
async (action) => {
  const [notification] = await self.registration.getNotifications();
  const event = new NotificationEvent('notificationclick', { notification, action });
  const waited = [];
  Object.defineProperty(event, 'waitUntil', { value: (what) => waited.push(what) });
  self.dispatchEvent(event);
  await Promise.all(waited);
}
"""
_OPENED = (
    "() => { self.opened = []; self.clients.openWindow = async (path) => { self.opened.push(path); return null; }; }"
)


class ToldPhone:
    """One browser with the permission to show notifications."""

    def __init__(self, context: BrowserContext, url: str, browser: Browser) -> None:
        self.context, self.url, self.receiver = context, url, browser
        context.grant_permissions(["notifications"], origin=url)
        context.add_init_script(_SUBSCRIBES.replace("GIVEN", json.dumps(browser.to_json())))
        self._registrations: list[str] = []
        self._cdp: CDPSession | None = None

    def turn_on(self) -> Page:
        """As a person does it, in Settings."""
        page = self.context.new_page()
        page.goto(f"{self.url}/settings/notifications")
        page.get_by_test_id("turn-on").click()
        expect(page.get_by_test_id("this-device")).to_have_attribute("data-state", "on")
        return page

    def forget(self) -> None:
        """Told no more: a person has twenty devices at most."""
        body, origin = {"endpoint": self.receiver.device.endpoint}, {"origin": self.url}
        answer = self.context.request.delete(f"{self.url}/api/v1/push/subscriptions", data=body, headers=origin)
        assert answer.ok, answer.text()

    @property
    def worker(self) -> Worker:
        return self.context.service_workers[0]

    def deliver(self, page: Page, text: str) -> None:
        """As the browser's push service does it, decrypted."""
        if self._cdp is None:
            self._cdp = self.context.new_cdp_session(page)
            self._cdp.on("ServiceWorker.workerRegistrationUpdated", self._registered)
            self._cdp.send("ServiceWorker.enable")
        until(page, lambda: self._registrations)
        self.worker.evaluate(_TAKE_TURNS)
        message = {"origin": self.url, "registrationId": self._registrations[-1], "data": text}
        self._cdp.send("ServiceWorker.deliverPushMessage", message)

    def shown(self, page: Page, count: int = 1) -> list[dict[str, Any]]:
        """The notifications that stand there, once there are so many."""
        found: list[dict[str, Any]] = []

        def are_there() -> bool:
            found[:] = self.worker.evaluate(_SHOWN)
            return len(found) == count

        until(page, are_there)
        return found

    def put_away(self) -> None:
        """Every notification that stands there."""
        self.worker.evaluate(_PUT_AWAY)

    def tap(self, action: str = "") -> list[str]:
        """The notification, or a button of it; the addresses of the windows that were opened for it."""
        self.worker.evaluate(_OPENED)
        self.worker.evaluate(_TAP, action)
        opened: list[str] = self.worker.evaluate("() => self.opened")
        return opened

    def _registered(self, told: dict[str, Any]) -> None:
        self._registrations += [one["registrationId"] for one in told["registrations"] if not one["isDeleted"]]
