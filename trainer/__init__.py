"""The one-shot trainer: data in, bundle out."""
