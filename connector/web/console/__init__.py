"""The console: what people see of the connector in a browser, rendered here and whole without JavaScript.

``site`` has the routes and is all that a web process loads before somebody looks; what draws a page is loaded with the
first look, so that a process that only takes webhooks in carries none of it.
"""
