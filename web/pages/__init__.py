"""The pages: one blueprint per idea."""

from web.pages import (
    accounts,
    articles,
    bulk,
    dashboard,
    exports,
    families,
    hooks,
    intake,
    journal,
    own,
    people,
    queue,
    sources,
)

BLUEPRINTS = tuple(
    page.blueprint
    for page in (
        accounts,
        own,
        queue,
        families,
        bulk,
        articles,
        intake,
        sources,
        dashboard,
        exports,
        hooks,
        people,
        journal,
    )
)
