"""`doorstep check` reaches every push service once, tells nobody, and says nothing where nobody asked for it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorstep.app.check_push import push_findings
from doorstep.app.finding import Finding
from doorstep.app.folders import catalog_url
from doorstep.app.push import KEY_FILE
from doorstep.catalog.engine import open_engine
from doorstep.catalog.sql_recipients import SqlRecipientRecords
from doorstep.catalog.upgrade import upgrade
from doorstep.core.notify_settings import NotifySettings, PushSettings
from doorstep.core.push_subscription import PushSubscription
from doorstep.core.settings import ServerSettings, Settings
from doorstep.notifiers.vapid_key import vapid_key
from fakes.certificates import Certificate, certificate
from fakes.clock import FakeClock
from fakes.push_service import PushService, push_service, trusting


@pytest.fixture
def tls(tmp_path: Path) -> Certificate:
    return certificate(tmp_path)


@pytest.fixture
def service(tls: Certificate) -> Iterator[PushService]:
    with push_service(tls) as made:
        yield made


def house(data: Path, service: PushService, *endpoints: str) -> Settings:
    engine = open_engine(catalog_url(data))
    upgrade(engine)
    device = service.browser().device
    for number, endpoint in enumerate(endpoints):
        ids = (f"s{number}", "ada", "g1", "Phone", endpoint, device.p256dh, device.auth)
        SqlRecipientRecords(engine).save_subscription(PushSubscription(*ids, FakeClock().now()))
    engine.dispose()
    push = PushSettings(services=(service.base,))
    return Settings(ServerSettings(data=data), notify=NotifySettings(push=push))


def found(settings: Settings, tls: Certificate) -> list[Finding]:
    async def collected() -> list[Finding]:
        return [one async for one in push_findings(settings, FakeClock(), trusting(tls))]

    return asyncio.run(collected())


def test_nothing_is_said_where_nobody_turned_it_on(tmp_path: Path, service: PushService, tls: Certificate) -> None:
    assert found(house(tmp_path, service), tls) == []
    assert not (tmp_path / KEY_FILE).exists()


def test_each_service_is_reached_once_and_tells_nobody(tmp_path: Path, service: PushService, tls: Certificate) -> None:
    vapid_key(tmp_path / KEY_FILE)
    settings = house(tmp_path, service, f"{service.base}one", f"{service.base}two", "https://elsewhere.example/three")
    reached, lost = found(settings, tls)
    assert reached.ok
    assert "127.0.0.1" in reached.detail
    assert not lost.ok
    assert "not one of a push service" in lost.detail
    assert service.asked == 0


def test_a_damaged_key_is_said(tmp_path: Path, service: PushService, tls: Certificate) -> None:
    (tmp_path / KEY_FILE).parent.mkdir()
    (tmp_path / KEY_FILE).write_text("no key")
    [finding] = found(house(tmp_path, service), tls)
    assert not finding.ok
    assert "damaged" in finding.detail
