"""The API, ``/api/v1``: what the console shows, and part of what it does, for programs.

``operations`` says what there is, and is the one source of the routes and of the published document; ``site`` answers.
What makes the answers is loaded with the first request.
"""
