//! SurveyJS documents, answers checked against them, and results.
