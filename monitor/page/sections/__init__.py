"""What each section says: counts in, sentences, figures and tables out."""
