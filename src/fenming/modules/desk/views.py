"""The pages: the visitor's scope, one question to the queries, one template."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url

from fenming.controls.routes import allow
from fenming.controls.scope import Scope
from fenming.modules.desk import queries
from fenming.modules.desk.forms import RankingForm
from fenming.modules.desk.queries import board as boards
from fenming.modules.desk.queries import me as own
from fenming.modules.desk.queries.rows import rows_of
from fenming.modules.desk.queries.score import score_of, visible_score
from fenming.modules.desk.queries.sheet import sheet
from fenming.modules.people.queries import scope_of

HR, LEAD, EMPLOYEE = "hr", "lead", "employee"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
