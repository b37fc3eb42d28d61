"""A mail when a month of the account costs more than the owner wanted.  It stops nothing: the house's caps do."""

from aws_cdk import aws_budgets as budgets
from constructs import Construct
from deploy.aws.home import Home

TOLD_AT_PERCENT = 100


class Budget(Construct):  # type: ignore[misc]  # CDK is not typed here
    """Of the whole account, since costs by tag have to be switched on by hand first."""

    def __init__(self, scope: Construct, home: Home) -> None:
        super().__init__(scope, "Budget")
        kinds = ("ACTUAL", "FORECASTED")
        budgets.CfnBudget(
            self,
            "Month",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=home.stack_name,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=home.budget_usd, unit="USD"),
            ),
            notifications_with_subscribers=[self._told(kind, home.budget_to) for kind in kinds],
        )

    def _told(self, kind: str, to: str) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
        return budgets.CfnBudget.NotificationWithSubscribersProperty(
            notification=budgets.CfnBudget.NotificationProperty(
                notification_type=kind, comparison_operator="GREATER_THAN", threshold=TOLD_AT_PERCENT
            ),
            subscribers=[budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=to)],
        )
