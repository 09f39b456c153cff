"""What leaves a study: models that predict, and estimators for scikit-learn."""
