"""Every component on one page, for tests and for whoever changes the design.

The addresses exist under this URL configuration only.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import RequestContext, Template
from django.urls import path
from django.utils import translation
from django.utils.translation import get_language
from django_cotton.compiler_regex import CottonCompiler  # type: ignore[import-untyped]  # it ships no types

from fenming.controls.routes import EVERYONE, allow
from fenming.controls.widgets import DayInput, DecimalInput, SearchSelect
from fenming.web.context import Item, Viewer
from fenming.web.urls import urlpatterns as site

FOLDER = Path(__file__).parent
LONG = "阿卜杜勒" * 2500  # 10,000 characters
PEOPLE = (
    ("林晓雯", "KF0002", "客服部 · 售前一组", 86, "在职"),
    ("Alexandra Konstantinopoulou-Featherstonehaugh", "YW0107", "Business development, Southern China", 1204, "试用"),
    ("赵思远", "CK0311", "仓储部", 7, "停薪留职"),
    ("محمد عبد الرحمن", "HW0044", "海外客服", 93, "在职"),
    (LONG, "XX0001", LONG, 12, "离职"),
)


class Person(forms.Form):
    name = forms.CharField(label="姓名", max_length=64, help_text="与身份证一致")
    number = forms.CharField(label="工号", initial="KF0002", disabled=True)
    department = forms.ChoiceField(
        label="部门", choices=[("1", "客服部"), ("2", "一个名字非常非常长的部门 " * 8), ("3", "仓储部")]
    )
    leader = forms.CharField(label="直属上级", widget=SearchSelect("/_gallery/people/", text="周敏"), initial="HR0001")
    joined = forms.DateField(label="入职日期", widget=DayInput, initial=dt.date(2026, 3, 1))
    pay = forms.DecimalField(label="基本工资(元/月)", widget=DecimalInput, min_value=0, initial="8500.00")
    kind = forms.ChoiceField(
        label="用工类型", widget=forms.RadioSelect, choices=[("f", "全职"), ("p", "兼职"), ("i", "实习")], initial="f"
    )
    phone = forms.RegexField(r"^1\d{10}$", label="手机号", required=False)
    secret = forms.CharField(label="新密码", widget=forms.PasswordInput, required=False, help_text="至少 12 个字符。")
    note = forms.CharField(label="备注", widget=forms.Textarea, required=False)
    contract = forms.FileField(label="劳动合同", widget=forms.FileInput, required=False, help_text="PDF, 10 MB 以内")
    agreed = forms.BooleanField(label="已经本人确认,并了解这些信息会用于薪酬核算")


def nodes() -> list[dict[str, Any]]:
    teams = [{"name": f"售前{n}组", "url": f"#{n}", "count": 12} for n in "一二三"]
    service = {"name": "客服部", "url": "#kf", "count": 204, "is_open": True, "is_current": True, "children": teams}
    deep: dict[str, Any] = {"name": LONG, "url": "#deep", "count": 1}
    for level in range(8):
        deep = {
            "name": f"第 {8 - level} 级部门",
            "url": f"#{level}",
            "count": level,
            "is_open": True,
            "children": [deep],
        }
    return [{"name": "星河电商", "url": "#all", "count": 2041, "is_open": True, "children": [service, deep]}]


def steps() -> list[dict[str, str]]:
    names = [("公司", "done"), ("部门与岗位", "done"), ("导入员工", "current"), ("考核方案", "next"), ("发布", "next")]
    return [
        {"name": name, "state": state, "url": "#" if state == "done" else "", "note": "约 3 分钟"}
        for name, state in names
    ]


def places(number: int) -> list[Item]:
    found = []
    for index in range(number):
        group = ("", "绩效", "组织", "薪酬", "系统")[index * 5 // number]
        found.append(Item(f"第 {index + 1} 个地方", "users", group, f"/place/{index}/", index == 7))
    return found


def gallery(request: HttpRequest, shell: str = "shell") -> HttpResponse:
    page = Paginator(range(1234), 50).get_page(request.GET.get("page"))
    typed = {"name": "", "phone": "123", "department": "1", "kind": "f", "leader": "HR0001", "pay": "-1"}
    context = {
        "form": Person(), "wrong": Person(typed, auto_id="wrong_%s"), "people": PEOPLE,
        "page": page, "nodes": nodes(), "steps": steps(),
        "options": [("1", "客服部"), ("2", "仓储部")], "grades": [("S", "S", 11), ("A", "A", 53), ("B", "B", 104)],
        "tour": [
            {"target": "h1", "title": "从这里开始", "text": "每一页的标题说明您在哪里。"},
            {"target": "#missing", "title": "不在此页", "text": "这一步会跳过。"},
            {"target": ".data", "title": "表格", "text": "点击表头可以排序,点击一行可以打开。"},
        ] if "tour" in request.GET else [],
        "navigation": places(20), "viewer": Viewer("周敏", "人力资源总监"), "open_todos": 6,
        "long": LONG, "desk": shell == "shell",
    }  # fmt: skip
    source = (FOLDER / "gallery.html").read_text(encoding="utf-8").replace("c-shell", f"c-{shell}")
    template = Template(CottonCompiler().process(source))
    page_context = RequestContext(request)
    page_context.push(context)
    with translation.override("ar" if "rtl" in request.GET else get_language()):
        return HttpResponse(template.render(page_context))


def phone(request: HttpRequest) -> HttpResponse:
    return gallery(request, "phone")


def people(request: HttpRequest) -> JsonResponse:
    q = request.GET.get("q", "")
    found = [{"value": number, "text": name[:40], "note": number} for name, number, *_ in PEOPLE if q in name]
    return JsonResponse({"results": found})


def fragment(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<h3>得分</h3><p>每一分都能追溯到原始记录。</p>")


urlpatterns = [
    path("_gallery/", allow(EVERYONE)(gallery), name="gallery"),
    path("_gallery/phone/", allow(EVERYONE)(phone), name="gallery-phone"),
    path("_gallery/people/", allow(EVERYONE)(people), name="gallery-people"),
    path("_gallery/inbox/", allow(EVERYONE)(fragment), name="inbox"),
    path("_gallery/find/", allow(EVERYONE)(people), name="people"),
    path("_gallery/fragment/", allow(EVERYONE)(fragment), name="gallery-fragment"),
    *site,
]
