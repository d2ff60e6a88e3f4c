"""The HTTP API: FastAPI and what guards it are confined here."""
