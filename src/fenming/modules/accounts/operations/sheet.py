"""Links as an Excel file, for whoever hands them out."""

from collections.abc import Sequence
from io import BytesIO

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fenming.modules.accounts.operations.invitations import Made
from fenming.modules.accounts.operations.letters import url_of
from fenming.modules.people.queries.seats import departments_by_person


def sheet(links: Sequence[Made], base: str) -> bytes:
    """A row a person: number, name, department, link, valid until."""
    places = departments_by_person([one.user.employee_id for one in links if one.user.employee_id])
    heads = (_("Number"), _("Name"), pgettext("people", "Department"), _("Link"), _("Valid until"))
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet(_("Invitations")[:31])
        page.write_row(0, 0, heads, book.add_format({"bold": True}))
        for row, one in enumerate(links, 1):
            until = timezone.localtime(one.link.expires_at).strftime("%Y-%m-%d %H:%M")
            place = places.get(one.user.employee_id or 0, "")
            page.write_row(row, 0, (one.user.username, one.user.get_full_name(), place, url_of(one, base), until))
        page.freeze_panes(1, 0)
        for column, width in enumerate((14, 16, 20, 90, 18)):
            page.set_column(column, column, width)
    return file.getvalue()
