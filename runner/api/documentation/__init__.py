"""The API described from its own routes: the OpenAPI 3.1 document, and a page made of it that needs nothing but itself.

Nothing here decides how a request is answered; what is said here of parameters, bodies and answers is read off the handlers.
"""
