//! A client of the registry: pushes and pulls, step by step, by either road.

use super::image::Image;
use super::told::{Ask, Told};
use crate::chance::once_in;
use crate::world;
use api::ecr;
use base::{Dice, SeededDice};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use model::registry::{RepositoryId, digest_of};
use registry::Registry;
use services::Ctx;
use std::rc::Rc;
use wire::codec::{Limits, json};
use wire::value::Blob;
use wire::{Fault, Service, Shape};

/// One client, in one life of the server.
#[derive(Clone)]
pub struct Client {
    pub name: String,
    pub ctx: Ctx,
    pub door: Registry,
    pub told: Rc<Told>,
    pub dice: Rc<SeededDice>,
}

/// Why a client gives up what it was about. What the server is to blame for is told already.
#[derive(Debug)]
pub struct GaveUp(pub String);

pub type Done<T = ()> = Result<T, GaveUp>;

impl Client {
    pub fn id(&self, repository: &str) -> RepositoryId {
        let scope = self.ctx.scope();
        RepositoryId::new(&scope.account, &scope.region, repository)
    }

    /// A request of an API, typed.
    async fn send<A: Shape>(&self, service: &'static Service, name: &str, input: Box<dyn Shape>) -> Done<A> {
        let operation = service.operation(name).expect("clients know the operations");
        self.told.say(&self.name, format!("{name} {}", world::shown(&*input)));
        let answer = world::services()
            .call(service, operation, self.ctx.clone(), input)
            .await;
        self.told.answers.set(self.told.answers.get() + 1);
        match answer {
            Ok(reply) => {
                let answer: Box<dyn std::any::Any> = reply.output;
                Ok(*answer.downcast::<A>().expect("the operation answers so"))
            }
            Err(fault) => Err(self.refused(name, &fault)),
        }
    }

    fn refused(&self, name: &str, fault: &Fault) -> GaveUp {
        let ours = fault.is_ours() || fault.code == "ServerException";
        let law = "no client gets a fault that is the server's";
        self.told
            .law(!ours || self.told.trouble.get(), law, format!("{name}: {fault}"));
        self.told.say(&self.name, format!("{name} is answered {fault}"));
        GaveUp(fault.code.to_string())
    }

    /// A request written as JSON.
    pub async fn ask<A: Shape>(&self, service: &'static Service, name: &str, body: &str) -> Done<A> {
        let operation = service.operation(name).expect("clients know the operations");
        let mut input = (operation.input)();
        json::read(body.as_bytes(), input.as_mut(), &Limits::default()).expect("clients write JSON");
        self.send(service, name, input).await
    }

    /// A request at the door: what came, with its body.
    pub async fn knock(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> (u16, String, Bytes) {
        let world = &self.ctx.world;
        let (token, _) = world.shelf.tokens.make(
            &self.ctx.caller.arn,
            &self.ctx.caller.user_id,
            &self.ctx.caller.access_key,
            world.clock.now(),
        );
        let basic = BASE64_STANDARD.encode(format!("AWS:{}", token.reveal()));
        let mut request = Request::builder().method(method.clone()).uri(path);
        request = request.header("authorization", format!("Basic {basic}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.told.say(&self.name, format!("{method} {path}"));
        let request = request.body(Full::new(body)).expect("clients write requests");
        let answer: Response<registry::Body> = self.door.serve(request).await;
        self.told.answers.set(self.told.answers.get() + 1);
        let status = answer.status().as_u16();
        let location = answer.headers().get("location").and_then(|at| at.to_str().ok());
        let location = location.unwrap_or_default().to_string();
        let body = answer.into_body().collect().await;
        let body = body.map(|all| all.to_bytes()).unwrap_or_default();
        let law = "no client gets a fault that is the server's";
        self.told.law(
            status < 500 || self.told.trouble.get(),
            law,
            format!("{path}: {status}"),
        );
        self.told.say(&self.name, format!("{path} is answered {status}"));
        (status, location, body)
    }

    /// Pushes an image with ECR's own operations.
    pub async fn push_by_api(&self, repository: &str, image: &Image, tag: Option<&str>) -> Done {
        for listed in &image.lists {
            Box::pin(self.push_by_api(repository, listed, None)).await?;
        }
        for blob in &image.blobs {
            self.upload_by_api(repository, blob).await?;
        }
        let input = ecr::PutImageRequest {
            repository_name: Some(repository.to_string()),
            image_manifest: Some(image.document.clone()),
            image_tag: tag.map(str::to_string),
            ..Default::default()
        };
        let put = self
            .send::<ecr::PutImageResponse>(&ecr::ECR, "PutImage", Box::new(input))
            .await;
        match put {
            Ok(_) => self.acknowledged(repository, image, tag),
            // It had it, with this tag: that is as good.
            Err(GaveUp(code)) if code == "ImageAlreadyExistsException" => {}
            Err(other) => return Err(other),
        }
        Ok(())
    }

    async fn upload_by_api(&self, repository: &str, blob: &Bytes) -> Done {
        let digest = digest_of(blob);
        if once_in(&*self.dice, 2) {
            let body = format!(r#"{{"repositoryName":"{repository}","layerDigests":["{digest}"]}}"#);
            let checked: ecr::BatchCheckLayerAvailabilityResponse =
                self.ask(&ecr::ECR, "BatchCheckLayerAvailability", &body).await?;
            let there = |layer: &ecr::Layer| layer.layer_availability.as_deref() == Some("AVAILABLE");
            if checked.layers.iter().flatten().any(there) {
                return Ok(());
            }
        }
        let body = format!(r#"{{"repositoryName":"{repository}"}}"#);
        let begun: ecr::InitiateLayerUploadResponse = self.ask(&ecr::ECR, "InitiateLayerUpload", &body).await?;
        let upload = begun.upload_id.unwrap_or_default();
        if once_in(&*self.dice, 20) {
            return Err(GaveUp("somebody leaves".to_string()));
        }
        let part = ecr::UploadLayerPartRequest {
            repository_name: Some(repository.to_string()),
            upload_id: Some(upload.clone()),
            part_first_byte: Some(0),
            part_last_byte: i64::try_from(blob.len() - 1).ok(),
            layer_part_blob: Some(Blob(blob.to_vec())),
            ..Default::default()
        };
        let sent = self.send::<ecr::UploadLayerPartResponse>(&ecr::ECR, "UploadLayerPart", Box::new(part));
        sent.await?;
        let body = format!(r#"{{"repositoryName":"{repository}","uploadId":"{upload}","layerDigests":["{digest}"]}}"#);
        match self
            .ask::<ecr::CompleteLayerUploadResponse>(&ecr::ECR, "CompleteLayerUpload", &body)
            .await
        {
            Err(GaveUp(code)) if code != "LayerAlreadyExistsException" => Err(GaveUp(code)),
            _ => Ok(()),
        }
    }

    /// Pushes an image through the door.
    pub async fn push_by_door(&self, repository: &str, image: &Image, tag: Option<&str>) -> Done {
        for listed in &image.lists {
            Box::pin(self.push_by_door(repository, listed, None)).await?;
        }
        for blob in &image.blobs {
            self.upload_by_door(repository, blob).await?;
        }
        let path = format!("/v2/{repository}/manifests/{}", tag.unwrap_or(&image.digest));
        let document = Bytes::from(image.document.clone());
        let kind = [("content-type", image.media_type)];
        let (status, ..) = self.knock(Method::PUT, &path, &kind, document).await;
        match status {
            201 => self.acknowledged(repository, image, tag),
            status => return Err(GaveUp(format!("PUT {status}"))),
        }
        Ok(())
    }

    async fn upload_by_door(&self, repository: &str, blob: &Bytes) -> Done {
        let digest = digest_of(blob);
        let mount = match self.dice.below(3) {
            0 => format!("?mount={digest}"),
            1 => format!("?mount={digest}&from={}", super::image::any_repository(&*self.dice)),
            _ => String::new(),
        };
        let path = format!("/v2/{repository}/blobs/uploads/{mount}");
        let (status, mut at, _) = self.knock(Method::POST, &path, &[], Bytes::new()).await;
        match status {
            201 => return Ok(()),
            202 => {}
            status => return Err(GaveUp(format!("POST {status}"))),
        }
        let half = blob.len() / 2;
        if once_in(&*self.dice, 2) {
            let (status, next, _) = self.knock(Method::PATCH, &at, &[], blob.slice(..half)).await;
            if status != 202 || once_in(&*self.dice, 15) {
                return Err(GaveUp(format!("PATCH {status}")));
            }
            at = next;
        }
        let (status, ..) = self.knock(Method::GET, &at, &[], Bytes::new()).await;
        if status != 204 {
            return Err(GaveUp(format!("GET {status}")));
        }
        // What has come is what was told to have come.
        let (upload, owner) = (
            at.rsplit('/').next().unwrap_or_default(),
            self.id(repository).to_string(),
        );
        let Ok(sent) = self.ctx.world.shelf.content.received(upload, &owner).await else {
            return Err(GaveUp("it is gone".to_string()));
        };
        let rest = blob.slice((sent as usize).min(blob.len())..);
        let (status, ..) = self
            .knock(Method::PUT, &format!("{at}?digest={digest}"), &[], rest)
            .await;
        match status {
            201 => Ok(()),
            status => Err(GaveUp(format!("PUT {status}"))),
        }
    }

    fn acknowledged(&self, repository: &str, image: &Image, tag: Option<&str>) {
        let claim = (self.id(repository), image.digest.clone());
        self.told.claims.borrow_mut().push(claim);
        let at = format!("{repository}@{}", image.digest);
        self.told.say(&self.name, format!("has pushed {at} as {tag:?}"));
        self.told
            .pushed
            .borrow_mut()
            .push((repository.to_string(), image.digest.clone()));
    }

    /// Pulls an image with all that it is made of. If nothing was taken away meanwhile, all must come.
    pub async fn pull(&self, repository: &str, reference: &str) -> Done {
        let before = self.told.removals.get();
        let path = format!("/v2/{repository}/manifests/{reference}");
        let (status, _, document) = self.knock(Method::GET, &path, &[], Bytes::new()).await;
        if status != 200 {
            return Err(GaveUp(format!("GET {status}")));
        }
        let digest = digest_of(&document);
        let right = !reference.contains(':') || reference == digest;
        self.told.law(right, "what is pulled is what was asked for", &*path);
        let kind = model::registry::document::media_type(&document).unwrap_or_default();
        let Ok(manifest) = model::registry::document::read(&self.id(repository), &document, &kind) else {
            self.told.law(false, "what is pulled can be read", &*path);
            return Ok(());
        };
        for part in manifest.blobs() {
            let path = format!("/v2/{repository}/blobs/{}", part.digest);
            let (status, _, blob) = self.knock(Method::GET, &path, &[], Bytes::new()).await;
            let undisturbed = self.told.removals.get() == before && !self.told.trouble.get();
            if status == 200 {
                let right = digest_of(&blob) == part.digest;
                self.told.law(right, "what is pulled is what was asked for", &*path);
            } else {
                self.told
                    .law(!undisturbed, "an image that is pulled comes whole", &*path);
                return Err(GaveUp(format!("GET {status}")));
            }
        }
        for listed in &manifest.manifests {
            let path = format!("/v2/{repository}/manifests/{listed}");
            let (status, ..) = self.knock(Method::HEAD, &path, &[], Bytes::new()).await;
            let undisturbed = self.told.removals.get() == before && !self.told.trouble.get();
            // From the archive nobody pulls.
            let fine = matches!(status, 200 | 403) || !undisturbed;
            self.told.law(fine, "an image that is pulled comes whole", &*path);
        }
        Ok(())
    }

    pub async fn delete_by_door(&self, repository: &str, digest: &str) -> Done {
        let _asking = self.told.ask(Ask::Image(self.id(repository), digest.to_string()));
        let path = format!("/v2/{repository}/manifests/{digest}");
        self.knock(Method::DELETE, &path, &[], Bytes::new()).await;
        Ok(())
    }
}
