"""A grid with thousands of alerts, answered in the browser, and how long it stands still while somebody scrolls."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route

APART = timedelta(minutes=7)

_SCROLL = """async (most) => {
  let longest = 0, tasks = 0;
  const watch = new PerformanceObserver((list) => {
    for (const task of list.getEntries()) { tasks += 1; longest = Math.max(longest, task.duration); }
  });
  watch.observe({ entryTypes: ['longtask'] });
  const cards = () => document.querySelectorAll('[data-testid=alert-card]').length;
  const end = performance.now() + 60000;
  while (performance.now() < end) {
    const before = window.scrollY;
    window.scrollBy(0, 600);
    await new Promise((shown) => { requestAnimationFrame(shown); setTimeout(shown, 100); });
    if (window.scrollY === before && cards() >= most) break;
  }
  await new Promise((done) => setTimeout(done, 300));
  watch.disconnect();
  return { longest, tasks, cards: cards() };
}"""


def many_alerts(page: Page, like: dict[str, Any], count: int) -> None:
    """From the next look on there are so many, each like that one but older by some minutes than the one before."""
    newest = datetime.fromisoformat(like["started_at"])

    def one(number: int) -> dict[str, Any]:
        at = (newest - APART * number).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        causes = [["person"], ["press", "person"], ["motion"]][number % 3]
        return {**like, "id": f"many-{number}", "started_at": at, "ended_at": at, "last_seen_at": at, "causes": causes}

    alerts = [one(number) for number in range(count)]

    def answer(route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        begin, limit = int(query.get("cursor", ["0"])[0]), int(query["limit"][0])
        following = str(begin + limit) if begin + limit < count else None
        told = {"events": alerts[begin : begin + limit], "next": following}
        route.fulfill(status=200, content_type="application/json", body=json.dumps(told))

    page.route("**/api/v1/events?*", answer)


def scrolled(page: Page, count: int) -> dict[str, float]:
    """Down to the last of so many: the longest task of the page in milliseconds, how many over 50, and the cards."""
    found: dict[str, float] = page.evaluate(_SCROLL, count)
    return found
