"""The tabs, a view a module. A new one is a module and its name in `VIEWS`."""

from tui_app.views.base import View
from tui_app.views.code import CodeView
from tui_app.views.curves import CurvesView
from tui_app.views.impact import ImpactView
from tui_app.views.predictions import PredictionsView
from tui_app.views.step import StepView
from tui_app.views.weights import WeightsView

VIEWS: dict[str, type[View]] = {
    view.NAME: view for view in (CurvesView, WeightsView, PredictionsView, StepView, ImpactView, CodeView)
}
"""Every tab by its name, in the order of the tab strip."""

__all__ = ["VIEWS", "View"]
