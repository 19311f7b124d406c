"""The open API: what programs may do, as `modules` does it for people. One file a module; `site` puts them together."""
