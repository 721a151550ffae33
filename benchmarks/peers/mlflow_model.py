"""Writes the plain model as MLflow keeps one. Runs in MLflow's environment."""

# mypy: ignore-errors
# What it imports is not installed beside us, so nothing here can be checked.

import sys

import joblib
import mlflow.sklearn

mlflow.sklearn.save_model(
    joblib.load(sys.argv[1]),
    sys.argv[2],
    pyfunc_predict_fn="predict_proba",
    serialization_format="cloudpickle",
)
