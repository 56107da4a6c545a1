"""What lies in a production's folder: documents, pictures by digest, the report."""
