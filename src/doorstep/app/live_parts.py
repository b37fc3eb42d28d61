"""How a server's cameras are shown to people: the feed of each way, who watches now, and the log of who did."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from doorstep.catalog.sql_audit import SqlAuditLog
from doorstep.core.live_session import ViewerLimits
from doorstep.core.settings import LiveSettings
from doorstep.live.hls import HlsFeed
from doorstep.live.mjpeg import MjpegFeed
from doorstep.live.mse import MseFeed
from doorstep.live.packet_feed import PacketFeed
from doorstep.live.session_book import SessionBook
from doorstep.live.webrtc import WebRtcFeed
from doorstep.pipeline.audit import Audit
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.supervisor import Tasks
from doorstep.ports import Clock


@dataclass(frozen=True, slots=True)
class LiveParts:
    """Made, but not started."""

    packets: PacketFeed
    pictures: MjpegFeed
    mse: MseFeed
    webrtc: WebRtcFeed
    hls: HlsFeed
    sessions: SessionBook
    audit: Audit
    audit_log: SqlAuditLog

    def endless(self) -> Tasks:
        """What runs until the server stops, by its name."""
        return {
            "live sessions": self.sessions.run,
            "webrtc": self.webrtc.run,
            "hls": self.hls.run,
            "audit": self.audit.run,
        }

    async def write_all(self, clock: Clock) -> None:
        """Who watched, also until now: nobody is there to write down what they watch behind the end."""
        for session in self.sessions.sessions():
            self.audit.watched(session, clock.now())
        await self.audit.write_all()


def make_live(
    settings: LiveSettings, engine: Engine, clock: Clock, health: HealthBoard, may_expire: Callable[[], bool]
) -> LiveParts:
    """`may_expire` says whether the clock is right enough to delete what is old."""
    packets, audit_log = PacketFeed(), SqlAuditLog(engine)
    audit = Audit(audit_log, health, clock, may_expire)
    limits = ViewerLimits(all=settings.viewers, webrtc=settings.webrtc_viewers)
    return LiveParts(
        packets=packets,
        pictures=MjpegFeed(clock),
        mse=MseFeed(packets, clock),
        webrtc=WebRtcFeed(packets, settings, clock),
        hls=HlsFeed(packets, clock),
        sessions=SessionBook(clock, limits, told=audit.watched),
        audit=audit,
        audit_log=audit_log,
    )
