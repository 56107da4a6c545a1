"""Stories in files: prose and screenplays, storyboards, and the formats of other tools."""
