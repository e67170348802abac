"""Amazon Rekognition's face operations, as its clients send them."""
