"""People: users, cohorts, enrolments and the roles that follow from them."""
