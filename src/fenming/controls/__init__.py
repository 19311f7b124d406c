"""The paperwork that all modules share: scopes, the operation log, dated validity, runs, and who may call a route."""
