"""What others were paid this month, and will be.  The sums: `core/costs`."""

from pydantic import BaseModel

from doorstep.core.costs import PayeeCosts, month_of
from doorstep.web.gate import Parts, resource

router = resource("costs")


class PayeeShape(BaseModel):
    """One payee; `cap_usd` is null without a cap."""

    payee: str
    calls: int
    bytes: int
    spent_usd: float
    forecast_usd: float
    cap_usd: float | None


class CostsShape(BaseModel):
    """A month ("2026-11", in UTC), as far as it is over, and as it will be at the pace of the last week."""

    month: str
    spent_usd: float
    forecast_usd: float
    payees: list[PayeeShape]


@router.get("/costs")
async def get_costs(parts: Parts) -> CostsShape:
    """By list prices, before any free tier and tax: the bill is the payee's own."""
    payees = [_shape(one) for one in await parts.costs()]
    return CostsShape(
        month=f"{month_of(parts.clock.now()):%Y-%m}",
        spent_usd=sum(one.spent_usd for one in payees),
        forecast_usd=sum(one.forecast_usd for one in payees),
        payees=payees,
    )


def _shape(costs: PayeeCosts) -> PayeeShape:
    return PayeeShape(
        payee=costs.payee,
        calls=costs.calls,
        bytes=costs.size,
        spent_usd=costs.spent_usd,
        forecast_usd=costs.forecast_usd,
        cap_usd=costs.cap_usd,
    )
