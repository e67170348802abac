"""HTTP for programs that do not speak gRPC: Amazon Rekognition's face operations, and REST."""
